import { type AddonOffer, availableAddons, removeOldAddons } from '../kernels/addon-files';
import type { Backend } from '../kernels/kernel';
import { messageOf } from '../message-of';
import type { NativeCode, Refusal } from './messages';
import { firstProven } from './trial';

// The native code that threads are started with. It is tried once per process, and only if a backend is asked for that
// may use it.

let proven: AddonOffer | Refusal | undefined;
let trial: Promise<void> | undefined;
let addonFolder: string | undefined;

/** Has addons written to this folder first, from the next trial on. It must be the task's own, for this process alone. */
export function writeAddonsTo(folder: string): void {
  addonFolder = folder;
}

/** The trial that has to end before threads with this backend can start; undefined if none is needed any more. */
export function pendingTrial(backend: 'auto' | Backend): Promise<void> | undefined {
  if (proven || !mayBeNative(backend)) return undefined;
  trial ??= tryAll();
  return trial;
}

/** What a thread with this backend is to load. The file is written again if it was removed. */
export function nativeCode(backend: 'auto' | Backend): NativeCode {
  if (!mayBeNative(backend)) return { refusal: `${backend} was asked for`, isFault: false };
  if (!proven) throw new Error('the trial of native code is not over');
  if ('refusal' in proven) return proven;
  try {
    return { file: proven.place(), sha256: proven.sha256 };
  } catch (error) {
    return refusalOf(error);
  }
}

function mayBeNative(backend: 'auto' | Backend): boolean {
  return backend === 'auto' || backend === 'native';
}

async function tryAll(): Promise<void> {
  try {
    const offers = availableAddons(addonFolder);
    proven = await firstProven(offers);
    if (addonFolder === undefined || 'refusal' in proven) return;
    const hashes = offers.map(({ sha256 }) => sha256);
    removeOldAddons(addonFolder, hashes);
  } catch (error) {
    proven = refusalOf(error);
  }
}

function refusalOf(error: unknown): Refusal {
  return { refusal: messageOf(error), isFault: true };
}
