import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import {
  readTaskConfig,
  startNetwork,
  type Network,
  type NetworkEvent,
  type NetworkOptions,
} from '../../simulator';
import { until } from '../fixtures/until';

export const TOY_CONFIG = readTaskConfig('tests/fixtures/toy-task.yml');

/** A network of toy tasks for each test of a suite. Create it in the suite itself, before its tests. */
export class ToyNetwork {
  directory!: string;
  events!: NetworkEvent[];
  private network: Network | undefined;

  constructor() {
    beforeEach(() => {
      this.directory = mkdtempSync(`${os.tmpdir()}/network-`);
      this.events = [];
      this.network = undefined;
    });
    afterEach(async () => {
      await this.stop();
      rmSync(this.directory, { recursive: true });
    });
  }

  async start(options: Partial<NetworkOptions>): Promise<Network> {
    this.network = await startNetwork({
      task: 'tests/fixtures/toy-task.js',
      config: TOY_CONFIG,
      nodes: 3,
      rounds: 1,
      roundSeconds: 2,
      seed: 'network test',
      directory: this.directory,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    return this.network;
  }

  async stop(): Promise<void> {
    await this.network?.stop();
  }

  async untilPhase(round: number, name: string): Promise<void> {
    await until(
      () =>
        this.events.some(
          (e) => e.type === 'phase' && e.phase.round === round && e.phase.name === name,
        ),
      60_000,
    );
  }
}

export function logOf({ logPath }: { logPath: string }): string {
  return readFileSync(logPath, 'utf8');
}
