import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox']);

/** Name and parent of a process; `undefined` where neither /proc nor ps tells. */
function lookUp(pid) {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { name, parent: Number(parent) };
  } catch {
    const { stdout = '' } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' });
    const [, parent, name] = /^\s*(\d+)\s+(\S+)/.exec(stdout ?? '') ?? [];
    return parent && { name: name.replace(/^.*\/|^-/, ''), parent: Number(parent) };
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Ends this process as a SIGTERM would once the npm that started it is gone. npm passes a signal to the shell between
 * the two, the shell dies of it and tells nobody, so the app would live on and keep its port. Started without npm, for
 * example by `nohup node scripts/start.mjs`, a process outlives who started it, as usual.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const shell = process.platform === 'win32' ? undefined : lookUp(parent);
  const watched = shell && shells.has(shell.name) ? [parent, shell.parent] : [parent];
  const timer = setInterval(() => {
    // A parent that is gone is replaced by process 1 or a reaper; on Windows its number stays and nobody answers to it.
    if (process.ppid === parent && watched.every(isAlive)) return;
    clearInterval(timer);
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
  }, 500);
  timer.unref();
}
