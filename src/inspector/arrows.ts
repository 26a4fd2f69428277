import type { BrowserStepTaken, ExchangeStep, Step } from './step.js';

export type Actor = 'browser' | 'app' | 'digime';

/** One arrow of the sequence diagram. */
export interface Arrow {
  readonly from: Actor;
  readonly to: Actor;
  /** `lost`: nothing arrived. `unseen`: between browser and digi.me, which the app knows by its result only. */
  readonly line: 'request' | 'answer' | 'lost' | 'unseen';
  readonly label: string;
}

type Route = readonly [from: Actor, to: Actor, line: Arrow['line'], label: string];

const routes: Record<BrowserStepTaken['name'], readonly Route[]> = {
  'authorization-requested': [['browser', 'app', 'request', 'POST /authorize']],
  'authorization-started': [
    ['app', 'browser', 'answer', '303 digi.me'],
    ['browser', 'digime', 'unseen', 'GET …/authorize?code=…'],
  ],
  'callback-received': [
    ['digime', 'browser', 'unseen', '303 /return'],
    ['browser', 'app', 'request', 'GET /return?code=…&state=…'],
  ],
  connected: [['app', 'browser', 'answer', '303']],
  'upload-received': [['browser', 'app', 'request', 'POST /push/library']],
  'push-state': [['app', 'browser', 'answer', 'event: state']],
};

/** What a step looks like in the sequence diagram: method and path, status and time; nothing to translate. */
export function arrowsOf(step: Step): Arrow[] {
  return step.kind === 'exchange' ? exchangeArrows(step) : browserArrows(step);
}

function browserArrows({ name, facts }: BrowserStepTaken): Arrow[] {
  const labelOf = (label: string) => {
    if (name === 'push-state' && facts.state !== undefined) return `${label} ${facts.state}`;
    return name === 'upload-received' && facts.type === 'provider' ? 'POST /push/provider' : label;
  };
  return routes[name].map(([from, to, line, label]) => ({ ...{ from, to, line }, label: labelOf(label) }));
}

function exchangeArrows({ exchange }: ExchangeStep): Arrow[] {
  const { request, response, error } = exchange;
  const out: Arrow = {
    from: 'app',
    to: 'digime',
    line: 'request',
    label: `${request.method} ${request.path}`,
  };
  const back: Arrow = response
    ? { from: 'digime', to: 'app', line: 'answer', label: `${response.status} ${response.statusText}`.trim() }
    : { from: 'digime', to: 'app', line: 'lost', label: error?.code ?? '?' };
  return [out, back];
}
