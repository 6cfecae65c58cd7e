import { createWriteStream, statSync, type WriteStream } from 'node:fs';

// A rehearsal build keeps the calls of the node, without what is secret in them, as fixtures for what is not known of K2.

/** Name of the file: appended to the store's path, or inside the store's folder. */
export const RECORD_FILE = '.rehearsal-calls.jsonl';

/** A line for each call. */
export interface RecordedCall {
  /** ms since 1970 */
  at: number;
  /** The node's own name of it. */
  method: string;
  args: unknown;
  response: unknown;
}

/** By the names of the SDK's methods, the node's. Those with paths or signed data are left out. */
const METHODS: Readonly<Record<string, string>> = {
  getRound: 'getRound',
  getSlot: 'getCurrentSlot',
  getAverageSlotTime: 'getAverageSlotTime',
  getTaskState: 'getTaskState',
  getTaskSubmissionInfo: 'getTaskSubmissionInfo',
  getTaskDistributionInfo: 'getTaskDistributionInfo',
  getDistributionList: 'getDistributionList',
  getSubmitterAccount: 'getSubmitterAccount',
  checkSubmissionAndUpdateRound: 'checkSubmissionAndUpdateRound',
  auditSubmission: 'auditSubmission',
  uploadDistributionList: 'uploadDistributionList',
  distributionListSubmissionOnChain: 'distributionListSubmissionOnChain',
  distributionListAuditSubmission: 'distributionListAuditSubmission',
  payoutTrigger: 'payloadTrigger',
  logger: 'logger',
};

const MAX_LINE_CHARS = 256 * 1024;
const MAX_FILE_BYTES = 32 * 2 ** 20;
/** Calls before the node said where the file may be. */
const MAX_WAITING = 256;
const MAX_DEPTH = 12;

const REMOVED = '[removed]';
const SECRET_NAME = /secret|key_?pair|private|passw|mnemonic|phrase|cookie|authorization/i;
/** 64 bytes in base58 (a secret key has as many), or 64 in hexadecimal. */
const SECRET_TEXT = /(?<![\w-])(?:[1-9A-HJ-NP-Za-km-z]{85,90}|[0-9a-fA-F]{128})(?![\w-])/g;
/** Of the controls, in an address. */
const TOKEN = /([?&]token=)[^&\s"]+/g;
const HOME = /(\/home\/|\/Users\/|[A-Za-z]:\\+Users\\+)[^/\\\s"']+/g;
const CREDENTIALS = /(\/\/)[^/@\s"]+@/g;

/**
 * A copy of what a call took or gave, without secrets: what is named so, key pairs in any form, given texts, the
 * names of users in paths, credentials in addresses.
 * @param secrets texts that must not be kept, such as the secret of the calls
 */
export function withoutSecrets(value: unknown, secrets: readonly string[], depth = 0): unknown {
  if (typeof value === 'string') return cleaned(value, secrets);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return { error: cleaned(value.message, secrets) };
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    return withoutSecrets(toJSON.call(value), secrets, depth + 1);
  }
  if (isKeyBytes(value)) return REMOVED;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, secrets, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      cleaned(name, secrets),
      SECRET_NAME.test(name) ? REMOVED : withoutSecrets(item, secrets, depth + 1),
    ]),
  );
}

function cleaned(text: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, REMOVED), text);
  return hidden
    .replace(SECRET_TEXT, REMOVED)
    .replace(TOKEN, `$1${REMOVED}`)
    .replace(HOME, '$1user')
    .replace(CREDENTIALS, `$1${REMOVED}@`);
}

/** 32 or 64 numbers from 0 to 255, as JSON shows the bytes of a key. */
function isKeyBytes(value: object): boolean {
  const items = Object.values(value) as unknown[];
  return (
    (items.length === 32 || items.length === 64) &&
    items.every((item) => Number.isInteger(item) && (item as number) >= 0 && (item as number) < 256)
  );
}

type Call = (...args: unknown[]) => Promise<unknown>;

/** Keeps the calls of an SDK's object. */
export class Recorder {
  private file: WriteStream | undefined;
  private waiting: string[] = [];
  private left = MAX_FILE_BYTES;

  constructor(private readonly secrets: readonly string[]) {}

  /** Has each call of the object's methods kept. */
  follow(sdk: Partial<Record<string, Call>>): void {
    for (const [name, method] of Object.entries(METHODS)) {
      const call = sdk[name]?.bind(sdk);
      if (!call) continue;
      sdk[name] = async (...args) => {
        const at = Date.now();
        const keep = (response: unknown): void => this.keep({ at, method, args, response });
        try {
          const response = await call(...args);
          keep(response);
          return response;
        } catch (error) {
          keep({ error });
          throw error;
        }
      };
    }
  }

  /** Where the calls are kept, after those of an earlier process. */
  writeTo(path: string): void {
    this.left -= statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    // It is an extra: a disk that is full must not end the task.
    this.file.on('error', () => (this.left = 0));
    const { waiting } = this;
    this.waiting = [];
    for (const line of waiting) this.write(line);
  }

  private keep({ at, method, args, response }: RecordedCall): void {
    if (this.left <= 0) return;
    // The whole account is in the answer.
    const isAccount = method === 'getSubmitterAccount';
    const shown = isAccount ? REMOVED : withoutSecrets(response, this.secrets);
    const call = { at, method, args: withoutSecrets(args, this.secrets), response: shown ?? null };
    let line = JSON.stringify(call);
    if (line.length > MAX_LINE_CHARS) {
      line = JSON.stringify({ at, method, args: '[too long]', response: '[too long]' });
    }
    if (this.file) this.write(line);
    else if (this.waiting.length < MAX_WAITING) this.waiting.push(line);
  }

  private write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (bytes > this.left) this.left = 0;
    if (this.left === 0) return;
    this.left -= bytes;
    this.file!.write(`${line}\n`);
  }
}
