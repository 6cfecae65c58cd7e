import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { payoutAddressOf } from '../../src/bitcoin/address';
import type { ChosenRules } from '../../src/consensus';
import { count } from '../../src/format';
import { reasonOf } from '../reason';
import { rehearsalMarkIn } from '../rehearse/rehearsal-bundle';
import { PLATFORMS, platformOf } from './build-tools';
import { fail, pass, shown, warn, type Finding } from './finding';

/** A bundle as it lies on the disk. */
export interface Bundle {
  readonly path: string;
  readonly bytes: Buffer;
  /** Its code: webpack writes it readable, and names each module by its file. */
  readonly code: string;
}

/** @throws Error that names the path and says why it can't be read */
export function readBundle(path: string): Bundle {
  try {
    const bytes = readFileSync(path);
    return { path, bytes, code: bytes.toString('utf8') };
  } catch (error) {
    throw new Error(`${path} can't be read: ${reasonOf(error)}`, { cause: error });
  }
}

const REBUILD = 'Build it again: npm run build:release';

/** Whether it is one file that runs alone, and which. */
export function checkFile({ path, bytes, code }: Bundle): Finding[] {
  const size = `${(bytes.length / 1e6).toFixed(1)} MB, SHA-256 ${sha256(bytes)}`;
  const required = [...code.matchAll(/^module\.exports = require\("(.+?)"\);$/gm)];
  const missing = required.map(([, name]) => name!).filter((name) => !isBuiltin(name));
  const others = readdirSync(dirname(path)).filter((name) => name !== basename(path));
  const alone =
    missing.length > 0
      ? fail(
          'bundle',
          `${path} asks for ${missing.slice(0, 5).map(shown).join(', ')}, and a node downloads this one file`,
          REBUILD,
        )
      : pass('bundle', `${path}: ${size}; asks for nothing but modules of Node`);
  const chunks = others.filter((name) => /\.(js|cjs|mjs|wasm|node)$/.test(name));
  if (chunks.length === 0) return [alone];
  return [
    alone,
    warn(
      'bundle',
      `${count(chunks.length, 'other program')} beside it, ${chunks.slice(0, 5).map(shown).join(', ')}: a node downloads the one file`,
      'See that nothing in it loads them',
    ),
  ];
}

/** Whether it was built for a rehearsal, which nothing but this finds before it is uploaded. */
export function checkRehearsal({ path, code }: Bundle): Finding {
  const mark = rehearsalMarkIn(code);
  if (mark === undefined) return pass('rehearsal', 'none: it is not built for one');
  const does = mark.isShared
    ? 'it casts no vote and hands in no list'
    : 'it may keep the calls of each node it runs on';
  return fail(
    'rehearsal',
    `${path} is rehearsal build ${mark.id}, which must not be deployed: ${does}`,
    REBUILD,
  );
}

/** What a bundle is made of. */
const SOURCES = ['src', 'sdk-stand-in', 'build', 'package-lock.json', 'webpack.config.js'];

/** Whether something it is made of was changed after it was built. @param root the repository's folder */
export function checkAge({ path }: Bundle, root: string): Finding {
  const builtAt = statSync(path).mtimeMs;
  const changed = SOURCES.flatMap((name) => filesIn(join(root, name))).filter(
    (file) => statSync(file).mtimeMs > builtAt,
  );
  return changed.length === 0
    ? pass('bundle age', 'newer than all that it is made of')
    : warn(
        'bundle age',
        `older than ${count(changed.length, 'file')} that it is made of, such as ${relative(root, changed[0]!)}`,
        REBUILD,
      );
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}

/** The list of SHA-256 that a release writes beside the folder of its bundle, or in it (webpack.config.js). */
export function checkChecksums({ path }: Bundle): Finding {
  const folders = [dirname(path), dirname(dirname(path))];
  const list = folders.map((folder) => join(folder, 'SHA256SUMS')).find((of) => existsSync(of));
  const missing = (found: string): Finding =>
    warn('SHA256SUMS', found, 'Publish the one that npm run build:release writes, with the bundle');
  if (list === undefined) return missing('none: this bundle is not that of a release');
  const sums = readFileSync(list, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, sum, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return sum === undefined ? [] : [{ sum, name: name! }];
    });
  const own = relative(dirname(list), path).split(sep).join('/');
  if (!sums.some(({ name }) => name === own)) return missing(`${list} has no line for ${own}`);
  const wrong = sums.filter(({ sum, name }) => {
    const file = join(dirname(list), name);
    return !existsSync(file) || sha256(readFileSync(file)) !== sum;
  });
  return wrong.length === 0
    ? pass('SHA256SUMS', `${list} fits ${count(sums.length, 'file')}, the bundle among them`)
    : fail(
        'SHA256SUMS',
        `${list} has another SHA-256 for ${wrong.map(({ name }) => shown(name)).join(', ')}`,
        REBUILD,
      );
}

/** What proofs are judged by; undefined if it is no bundle of this task. */
export function consensusIn({ code }: Bundle): ChosenRules | undefined {
  const json = /built = typeof (\{.*?\}) === 'undefined' \? undefined : \1;/.exec(code)?.[1];
  if (json === undefined) return undefined;
  const { network, taskPayout } = JSON.parse(json) as ChosenRules;
  return { network, taskPayout };
}

export function checkConsensus(bundle: Bundle): Finding[] {
  const rules = consensusIn(bundle);
  if (rules === undefined) {
    return [
      fail(
        'bitcoin',
        `${bundle.path} does not say what it was built with`,
        `It is no bundle of this task. ${REBUILD}`,
      ),
    ];
  }
  const { network, taskPayout } = rules;
  const forGood = 'proofs are judged by it, and a bundle with another is another task';
  const network_ =
    network === 'main'
      ? pass('bitcoin', `blocks of Bitcoin's main network; ${forGood}`)
      : warn(
          'bitcoin',
          `blocks of Bitcoin's ${network}, which are worth nothing; ${forGood}`,
          'Build it for main unless this is a trial: npm run build:release',
        );
  if (!taskPayout) {
    return [network_, pass('task-payout', `blocks pay the task nothing; ${forGood}`)];
  }
  const address = payoutAddressOf(Buffer.from(taskPayout.program, 'hex'), network);
  return [
    network_,
    warn(
      'task-payout',
      `${taskPayout.percent} % of each Bitcoin block go to ${address}; ${forGood}`,
      'See that the address is yours, and that you hold its key',
    ),
  ];
}

/** Which platforms it carries native hash loops for; the others mine with WebAssembly, a sixth as fast at worst. */
export function checkAddons({ code }: Bundle): Finding {
  const todo = 'npm run build:prebuilds && npm run build:release';
  const json = /^const EMBEDDED_ADDONS = (\{.*\});$/m.exec(code)?.[1];
  if (json === undefined)
    return warn('native code', 'not known: no place for it in the bundle', todo);
  const addons = JSON.parse(json) as Record<string, string[]>;
  const platforms = Object.keys(addons);
  const wrong = platforms.find((name) =>
    addons[name]!.some((base64) => platformOf(Buffer.from(base64, 'base64')) !== name),
  );
  if (wrong !== undefined) {
    return fail(
      'native code',
      `what is said to be for ${shown(wrong)} is not`,
      `Make it anew: ${todo}`,
    );
  }
  const missing = PLATFORMS.filter((name) => !platforms.includes(name));
  const found = platforms.length === 0 ? 'none' : `for ${platforms.join(', ')}`;
  return missing.length === 0
    ? pass('native code', found)
    : warn(
        'native code',
        `${found}; ${missing.join(', ')} would mine with WebAssembly`,
        `Make it for all: ${todo}`,
      );
}

/** Whether the bundle has the official SDK, the stand-in of this repository, or none. */
export function sdkIn({ code }: Bundle): 'official' | 'stand-in' | undefined {
  const has = (folder: string): boolean => code.includes(`./${folder}/`);
  if (has('sdk-stand-in/namespace-wrapper') || has('sdk-stand-in/task-manager')) return 'stand-in';
  const official = ['namespace-wrapper', 'task-manager'];
  return official.every((name) => has(`node_modules/@_koii/${name}`)) ? 'official' : undefined;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
