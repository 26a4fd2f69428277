import fc from '../../node_modules/fast-check/lib/fast-check.js';

/**
 * What tests get for `fast-check` (jest.config.mjs): the same cases in each run, so that a run fails for what was changed
 * and not for a draw. `FAST_CHECK_SEED` draws others.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_121) });

export default fc;
