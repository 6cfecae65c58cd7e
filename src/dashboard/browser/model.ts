import type { About, ShareLine, Status, Update } from '../update';

const HOUR_S = 3600;
const MAX_ENTRIES = 60;
const MAX_FINDS = 100;

/** What the page knows: the updates, put together and bounded as the node bounds them. */
export class Model {
  about: About | undefined;
  status: Status | undefined;
  controls = false;
  recent: ShareLine[] = [];
  samples: Update['samples'] = [];
  findsRound = 0;
  finds: Update['finds'] = [];
  audits: Update['audits'] = [];
  rewards: Update['rewards'] = [];

  apply(update: Update): void {
    if (update.reset) {
      this.samples = [];
      this.finds = [];
      this.audits = [];
      this.rewards = [];
    }
    if (update.about) this.about = update.about;
    if (update.recent) this.recent = update.recent;
    this.status = update.status;
    this.controls = update.controls;
    const since = update.status.now / 1000 - HOUR_S;
    this.samples = [...this.samples, ...update.samples].filter(([at]) => at > since);
    this.takeFinds(update);
    this.audits = [...this.audits, ...update.audits].slice(-MAX_ENTRIES);
    const counted = new Set(update.rewards.map(({ round }) => round));
    this.rewards = [...this.rewards.filter(({ round }) => !counted.has(round)), ...update.rewards]
      .sort((a, b) => a.round - b.round)
      .slice(-MAX_ENTRIES);
  }

  private takeFinds({ finds, findsRound }: Update): void {
    if (findsRound !== this.findsRound) this.finds = [];
    this.findsRound = findsRound;
    this.finds = [...this.finds, ...finds]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_FINDS)
      .sort(([a], [b]) => a - b);
  }
}
