// How a Koii node starts a task: fork(main.js, [task_name, task_id, express_port, 'service',
// main_account_pubkey, secret, k2_url, service_url, stake, task_node_port]).
const argument = (index: number): string => process.argv[index] ?? '';

/** The task account's base58 key; undefined in local test mode. */
export const TASK_ID: string | undefined = process.argv[3];
export const EXPRESS_PORT = Number.parseInt(argument(4), 10) || 3000;
export const MAIN_ACCOUNT_PUBKEY = argument(6);
export const SECRET_KEY = argument(7);
export const K2_NODE_URL = argument(8) || 'https://testnet.koii.network';
export const SERVICE_URL = argument(9);
export const STAKE = Number.parseFloat(argument(10)) || 0;
export const TASK_NODE_PORT = Number.parseInt(argument(11), 10) || 0;

/** True when a node started this process, false in local test mode. */
export const taskNodeAdministered = Boolean(TASK_ID);
