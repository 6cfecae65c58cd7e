import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { buildEntry } from '../bundle/webpack';

const NATIVE = path.join(__dirname, '../../native');
const ENTRIES = { task: './src/main.ts', variants: './tests/platforms/print-variants.ts' };

const folder = mkdtempSync(path.join(os.tmpdir(), 'platforms-'));
const built = new Map<string, Promise<string>>();
after(() => rmSync(folder, { recursive: true, force: true }));

/** What print-variants.ts prints. */
export interface Variants {
  backend: string;
  variants: string[];
  said: string[];
}

/**
 * The task, or the program that prints its native hash loops, with all prebuilds embedded: bundled once, as it is the
 * same for all platforms.
 * @param platform must have a prebuild
 * @returns the path of main.js, alone in its folder
 */
export function bundleFor(platform: string, name: keyof typeof ENTRIES): Promise<string> {
  prebuild(platform);
  const bundle = built.get(name) ?? build(name);
  built.set(name, bundle);
  return bundle;
}

async function build(name: keyof typeof ENTRIES): Promise<string> {
  const out = path.join(folder, name);
  const { status, stderr } = await buildEntry(ENTRIES[name], out, 'prebuilds');
  expect(status, stderr).to.equal(0);
  return path.join(out, 'main.js');
}

/** The copies of a platform's prebuild in a folder and below it, which a bundle wrote there to load them. */
export function unpackedIn(folder: string, platform: string): string[] {
  const bytes = readFileSync(prebuild(platform));
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return unpackedIn(name, platform);
    const isCopy = entry.isFile() && name.endsWith('.node') && readFileSync(name).equals(bytes);
    return isCopy ? [name] : [];
  });
}

/** The path of a platform's prebuild. @throws Error that says how to make it when there is none. */
export function prebuild(platform: string): string {
  const file = path.join(NATIVE, 'prebuilds', platform, 'orca.node');
  if (existsSync(file)) return file;
  throw new Error(`there is no native code for ${platform}: run npm run build:prebuilds`);
}
