import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import { type AddonFile, type AddonOffer, PLATFORM } from '../kernels/addon-files';
import { NO_VARIANTS } from '../kernels/native';
import { messageOf } from '../message-of';
import type { Refusal } from './messages';
import { threadProgram } from './thread-program';
import type { TrialAnswer } from './trial-program';

// The trial of native code, before a thread loads it: a process of its own runs it on the known answers. Code that this
// machine doesn't stand (an instruction that the CPU lacks, a signature that macOS doesn't accept) ends that process
// and not the task.

/**
 * How long a trial may take. Where the system gives no more threads Node stands still as it starts; under an emulator it
 * takes 22 s to start, and this process took as long.
 */
function boundOfTrialMs(): number {
  return 10_000 + 5 * performance.nodeTiming.bootstrapComplete;
}

/** Names of the Windows statuses (ntstatus.h) that code like this may end with. */
const WINDOWS_STATUSES: Readonly<Record<number, string>> = {
  0xc0000005: 'access violation',
  0xc000001d: 'illegal instruction',
  0xc0000096: 'privileged instruction',
  0xc0000409: 'stack overrun',
};

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** How the process ended. */
interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it wrote. */
  answer: string;
  /** It took too long and was killed. */
  isLate: boolean;
}

export interface TrialOptions {
  /** What runs the program; Node by default. */
  execPath?: string;
  program?: string;
  boundMs?: number;
}

/** Why native code is not to be used. */
export interface TrialFault {
  reason: string;
  /**
   * 'place' where it can't be loaded from there; from another it may. 'addon' where it was loaded and failed, as it would
   * from anywhere. 'cpu' where that has none of its instructions, which is no fault.
   */
  blames: 'place' | 'addon' | 'cpu';
}

/** The first addon with a variant that stands its trial. An offer is tried only if those before it failed. */
export async function firstProven(
  offers: readonly AddonOffer[],
  options: TrialOptions = {},
): Promise<AddonOffer | Refusal> {
  if (offers.length === 0) {
    return { refusal: `there is no native code for ${PLATFORM}`, isFault: false };
  }
  const reasons = new Set<string>();
  const useless = new Set<string>();
  let isFault = false;
  for (const offer of offers) {
    if (useless.has(offer.sha256)) continue;
    const fault = await faultOf(offer, options);
    if (!fault) return offer;
    if (fault.blames !== 'place') useless.add(offer.sha256);
    if (fault.blames !== 'cpu') isFault = true;
    reasons.add(fault.reason.replace(/\s+/g, ' ').trim());
  }
  return { refusal: [...reasons].join('; '), isFault };
}

async function faultOf(
  { sha256, place }: AddonOffer,
  options: TrialOptions,
): Promise<TrialFault | undefined> {
  let file: string;
  try {
    file = place();
  } catch (error) {
    return { reason: messageOf(error), blames: 'place' };
  }
  return trial({ file, sha256 }, options);
}

/**
 * Runs an addon in a process of its own. Resolves with its fault, if it has one; never rejects.
 */
export async function trial(
  addon: AddonFile,
  options: TrialOptions = {},
): Promise<TrialFault | undefined> {
  const { program = threadProgram(), boundMs = boundOfTrialMs() } = options;
  try {
    const child = start(addon, options.execPath);
    const { code, signal, answer, isLate } = await ended(child, program, boundMs);
    if (isLate) return failed(`its trial run didn't end within ${(boundMs / 1000).toFixed(1)} s`);
    if (signal) return failed(`its trial run was ended by ${signal}`);
    if (code !== 0) return failed(`its trial run ended with ${statusOf(code!)}`);
    return faultIn(answer);
  } catch (error) {
    return failed(`its trial run can't be started: ${messageOf(error)}`);
  }
}

/** Its standard input takes the program, which is too long for an argument. */
function start({ file, sha256 }: AddonFile, execPath = process.execPath): Child {
  return spawn(execPath, ['-', file, sha256], {
    // There for sure, while the current directory may have been removed.
    cwd: path.dirname(file),
    // In Koii's desktop the executable is Electron's. What options name, such as a loader, is not for this program.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: undefined },
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
}

/** @throws Error when the system has not started the process. */
function ended(child: Child, program: string, boundMs: number): Promise<End> {
  return new Promise((resolve, reject) => {
    let answer = '';
    let isLate = false;
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      isLate = true;
      kill();
    }, boundMs).unref();
    const over = (): void => {
      clearTimeout(timer);
      process.off('exit', kill);
    };
    process.once('exit', kill);
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code, signal) => {
      over();
      resolve({ code, signal, answer, isLate });
    });
    // Without a process it may have no streams.
    if (child.pid === undefined) return;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text));
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined).end(program);
    // This process may end meanwhile.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as Socket).unref();
  });
}

function faultIn(text: string): TrialFault | undefined {
  let answer: TrialAnswer;
  try {
    answer = JSON.parse(text) as TrialAnswer;
  } catch {
    return failed('its trial run gave no answer');
  }
  if ('refusal' in answer) return { reason: answer.refusal, blames: 'place' };
  const { variants, wrong } = answer;
  if (variants === 0) return { reason: NO_VARIANTS, blames: 'cpu' };
  // A thread leaves out those that are wrong, and says so (createKernel).
  if (wrong.length < variants) return undefined;
  return failed(`none of its variants works: ${wrong.join('; ')}`);
}

function failed(reason: string): TrialFault {
  return { reason, blames: 'addon' };
}

/** @param code what Node calls the exit code: on Windows 32 bits, of which the highest is set after an exception */
export function statusOf(code: number): string {
  const status = code >>> 0;
  if (status < 0x80000000) return `status ${code}`;
  const name = WINDOWS_STATUSES[status];
  return `status 0x${status.toString(16).toUpperCase()}${name ? ` (${name})` : ''}`;
}
