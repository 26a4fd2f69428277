import type { Contracts } from '../../config/index.js';
import type { ConnectionCalls } from '../../connections/index.js';
import type { DigiMe } from '../../digime/index.js';
import type { PushParts } from '../parts.js';
import type { ResourceChecker } from './provider-checker.js';

/** What the routes for provider resources need beside those for files: they ask digi.me about accounts and sources. */
export interface ProviderParts extends PushParts {
  readonly sdk: DigiMe;
  readonly contracts: Contracts;
  readonly calls: ConnectionCalls;
}

/** The same with what the router makes for itself. */
export interface ProviderRoom extends ProviderParts {
  readonly checker: ResourceChecker;
}
