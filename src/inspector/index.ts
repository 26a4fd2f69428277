export { Recorder, type Step } from './recorder.js';
