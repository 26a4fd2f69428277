/* Every way a file comes onto the page: the button, dropping it anywhere, and the sample. Calls `onFiles(files)`. */
export function watchFileSources(input, zone, sample, onFiles) {
  input.addEventListener('change', () => onFiles(input.files));
  sample?.addEventListener('click', async () => {
    const answer = await fetch(sample.dataset.href);
    if (answer.ok)
      onFiles([new File([await answer.blob()], sample.dataset.name, { type: 'application/pdf' })]);
  });
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    // Anywhere on the page: a file dropped beside the zone would replace the page.
    document.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle('is-over', name === 'dragenter' || name === 'dragover');
      if (name === 'drop') onFiles(event.dataTransfer.files);
    });
  }
}
