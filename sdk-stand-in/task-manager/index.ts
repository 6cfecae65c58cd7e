// The stand-in for @_koii/task-manager, used where npm could not install the official package.
import { app, namespaceWrapper, taskNodeAdministered } from '../namespace-wrapper';
import { TaskManager } from './task-manager';
import { TaskRunner } from './task-runner';
import type { UserFunctions } from './types';

export type { DistributionList, Submitter } from './types';

const taskManager = new TaskManager();

export const taskRunner = new TaskRunner(namespaceWrapper, taskManager);

/** Registers the task's six functions. @throws if one is missing */
export function initializeTaskManager(functions: UserFunctions): void {
  taskManager.initialize(functions);
}

interface RoundEvent {
  functionCall: string;
  roundNumber: number;
  isPreviousRoundFailed?: boolean;
}

function onRoundEvent({ functionCall, roundNumber, isPreviousRoundFailed }: RoundEvent) {
  switch (functionCall) {
    case 'executeTask':
      return taskRunner.task(roundNumber);
    case 'submitPayload':
      return taskRunner.submitTask(roundNumber);
    case 'auditPayload':
      return taskRunner.auditTask(roundNumber);
    case 'generateAndSubmitDistributionList':
      return taskRunner.selectAndGenerateDistributionList(roundNumber, isPreviousRoundFailed);
    case 'distributionListAudit':
      return taskRunner.auditDistribution(roundNumber);
    default:
      return Promise.resolve();
  }
}

/** Neither awaits handlers nor catches rejections: as with the official SDK, a task that rejects ends its process. */
async function start(): Promise<void> {
  if (taskNodeAdministered) {
    app.get('/taskState', (_request, response, next) => {
      namespaceWrapper
        .getTaskState({
          is_submission_required: true,
          is_distribution_required: true,
          is_available_balances_required: true,
          is_stake_list_required: true,
        })
        .then((taskState) => response.json({ taskState }), next);
    });
    await namespaceWrapper.defaultTaskSetup();
    process.on('message', (event: RoundEvent) => void onRoundEvent(event));
  }
  const { setup, routes } = await taskManager.functions();
  await setup();
  if (!taskNodeAdministered) {
    // In local test mode custom routes are under /task/<anything>, where a node's tunnel would serve them.
    app.use((request, _response, next) => {
      request.url = `/${request.url.split('/').slice(3).join('/')}`;
      next();
    });
  }
  await routes();
}

void start();
