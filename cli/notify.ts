import { Command } from 'commander';
import { parseWebhookUrls, type WebhookUrl } from '../src/notices/webhook-url';
import { testWebhooks } from '../src/notices/webhooks';

// Tries the owner's webhooks. Prints a line for each, by its host: PASS or FAIL. Exit status: 0 if all took the message, 1
// if not, 2 if there is none to try.

const EXIT_UNUSABLE = 2;

const command = new Command('notify')
  .description('Sends a test message to webhooks, as a node sends its notices.')
  .option('--test', 'send a test message')
  .option(
    '--url <urls>',
    'where to, several separated by commas; NOTIFY_URL of the environment if left out',
  )
  // 1 means that a webhook did not take it.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNUSABLE))
  .parse();
const { test, url } = command.opts<{ test?: true; url?: string }>();
if (!test) command.error("error: option '--test' is missing");
const urls = readUrls(url ?? process.env['NOTIFY_URL'] ?? '');
if (urls.length === 0) command.error('error: no URL: give --url, or set NOTIFY_URL');

/** Quotes nothing of what it can't read: it may hold tokens. */
function readUrls(text: string): WebhookUrl[] {
  try {
    return parseWebhookUrls(text);
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`);
  }
}

async function main(): Promise<number> {
  // Requests to webhooks keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  const results = await testWebhooks(urls, 'test', Date.now());
  clearInterval(alive);
  for (const { host, taken, status, reason } of results) {
    console.log(taken ? `PASS ${host}: status ${status}` : `FAIL ${host}: ${reason}`);
  }
  return results.every(({ taken }) => taken) ? 0 : 1;
}

void main().then((code) => (process.exitCode = code));
