// Swagger UI knows a dark scheme by this class; the rest of the app follows the system by itself.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.querySelector('#viewer'),
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // No badge of a validator elsewhere: nothing is fetched from, or told to, another host.
  validatorUrl: null,
  // What is tried out should answer as a script sees it.
  requestInterceptor: (request) => {
    if (!request.loadSpec) request.headers.Accept ??= 'application/json';
    return request;
  },
});
