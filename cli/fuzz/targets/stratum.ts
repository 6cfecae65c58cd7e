import type { Random } from '../../../simulator/random';
import { checkDialog, type Heard } from '../stratum/dialog';
import { foundShares } from '../stratum/found-shares';
import { ConnectedNode, type Step } from '../stratum/stratum-node';
import { mutateJson, mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

const NAME = 'rig1';
const MAX_NAMES = 32;
const SHOWN = /^[\x20-\x7e]{1,64}$/;
const AGENTS = ['cpuminer/2.5.1', 'NerdMinerV2', 'bitaxe/BM1370/v2.6', 'NiceHash/1.0.0', 'S9'];
const ENDS = ['\n', '\n', '\n', '\r\n', '\n\n'];
const PAUSES = [0, 1, 6, 11, 31, 56, 61, 121, 601];

interface Message {
  id?: unknown;
  method: string;
  params: unknown[];
}

/** What most miners say before they work: each in another order. */
const openings = (agent: string): readonly (readonly [method: string, params: unknown[]])[][] => [
  [
    ['mining.configure', [['version-rolling'], { 'version-rolling.mask': 'ffffffff' }]],
    ['mining.subscribe', [agent]],
    ['mining.authorize', [NAME, 'x,d=0.00001']],
  ],
  // Harder than what is handed in: most of it is refused.
  [
    ['mining.configure', [['version-rolling'], {}]],
    ['mining.subscribe', [agent]],
    ['mining.authorize', [NAME, 'x,d=0.001']],
  ],
  [
    ['mining.subscribe', [agent, null]],
    [
      'mining.configure',
      [
        ['version-rolling', 'minimum-difficulty', 'subscribe-extranonce', 'other'],
        {
          'version-rolling.mask': '1fffe000',
          'version-rolling.min-bit-count': 2,
          'minimum-difficulty.value': 0.00001,
        },
      ],
    ],
    ['mining.suggest_difficulty', [0.00001]],
    ['mining.authorize', [NAME, 'x']],
    ['mining.extranonce.subscribe', []],
  ],
  [
    ['mining.authorize', [NAME, 'd=0.00001']],
    ['mining.configure', [['version-rolling'], {}]],
    ['mining.subscribe', []],
  ],
];

const OTHERS: readonly (readonly [method: string, params: unknown[]])[] = [
  ['mining.ping', []],
  ['mining.get_transactions', ['00000001']],
  ['mining.suggest_difficulty', ['1000']],
  ['mining.suggest_difficulty', [1e-5]],
  ['mining.suggest_target', [`${'0'.repeat(8)}${'f'.repeat(56)}`]],
  ['mining.subscribe', ['again', '5a']],
  ['mining.authorize', [`${NAME}.2`, 'diff=1']],
  ['mining.authorize', ['\u001b[2J<b>é', '']],
  ['mining.authorize', ['n'.repeat(200), '']],
  ['mining.configure', [['version-rolling'], { 'version-rolling.mask': '00002000' }]],
  ['mining.configure', [['info', '__proto__'], { 'info.text': 'x' }]],
  ['mining.multi_version', [4]],
  ['', []],
];

function submits(random: Random): (readonly [string, unknown[]])[] {
  return Array.from({ length: random.below(6) }, () => {
    const [job, extranonce2, time, nonce, bits] = random.pick(foundShares());
    const short = random.chance(0.3) ? nonce.replace(/^0+/, '') : nonce;
    const version = bits === '00000000' ? random.pick([[], [null], [bits]]) : [bits];
    return ['mining.submit', [NAME, job, extranonce2, time, short, ...version]] as const;
  });
}

/** Many names over one connection, as a proxy has them, and more. */
function proxied(random: Random): (readonly [string, unknown[]])[] {
  if (!random.chance(0.05)) return [];
  return Array.from({ length: 40 }, (_, i) => ['mining.authorize', [`farm.${i}`, 'x']] as const);
}

function session(random: Random): Message[] {
  const [opening, ...others] = [random.pick(openings(random.pick(AGENTS))), ...proxied(random)];
  const between = Array.from({ length: random.below(4) }, () => random.pick(OTHERS));
  const all = [...opening, ...others, ...submits(random), ...between, ...submits(random)];
  const messages = all.map(([method, params], id) => ({ id, method, params }));
  for (let changes = random.below(3); changes > 0; changes--) {
    const at = random.below(messages.length);
    const kind = random.below(3);
    if (kind === 0) messages.splice(at, 1);
    else if (kind === 1) messages.splice(at, 0, messages[random.below(messages.length)]!);
    else messages.push(...messages.splice(at, 1));
    if (messages.length === 0) break;
  }
  return messages;
}

function lineOf(random: Random, message: Message, isSound: boolean): string {
  if (isSound) return `${JSON.stringify(message)}\n`;
  const changed = random.chance(0.2) ? mutateJson(random, message) : message;
  const text = JSON.stringify(changed) ?? '';
  const broken = random.chance(0.03) ? mutateText(random, text) : text;
  const padded = random.chance(0.005) ? broken + ' '.repeat(5_000) : broken;
  return padded + random.pick(ENDS);
}

/** Lines as they come over a connection of the Stratum server, in pieces, while time passes and rounds change. */
export const stratum: FuzzTarget = {
  name: 'stratum',
  cost: 200,

  generate(random: Random): string {
    const isSound = random.chance(0.1);
    const messages = session(random);
    let text = messages.map((message) => lineOf(random, message, isSound)).join('');
    const steps: Step[] = [];
    for (let pieces = random.below(4); pieces > 0; pieces--) {
      const at = random.below(text.length + 1);
      steps.push(text.slice(0, at), random.chance(0.8) ? random.pick(PAUSES) : null);
      text = text.slice(at);
      if (random.chance(0.05)) steps.push(false);
    }
    return JSON.stringify([...steps, text]);
  },

  async check(input: string): Promise<void> {
    await heardIn(input);
  },
};

/** Plays an input against a node. @throws when something that must hold does not */
export async function heardIn(input: string): Promise<Heard> {
  const node = await ConnectedNode.open();
  for (const step of JSON.parse(input) as Step[]) {
    if (node.isClosed) break;
    await node.take(step);
  }
  await node.settle();
  must(node.faults.length === 0, `a fault of the node: ${String(node.faults[0])}`);
  const heard = checkDialog(node.received, node.sent, node.isClosed);
  const workers = node.workers.list();
  must(workers.length <= MAX_NAMES, `${workers.length} names`);
  for (const { id, agent } of workers) {
    must(SHOWN.test(id) && id !== 'local', `the name ${JSON.stringify(id)} is shown`);
    must(agent === '' || SHOWN.test(agent), `the user agent ${JSON.stringify(agent)} is shown`);
  }
  const { valid } = node.shares.sinceStart;
  must(valid >= heard.accepted, `${heard.accepted} shares accepted, ${valid} logged`);
  return heard;
}
