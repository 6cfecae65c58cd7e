import { takeOverOutput } from '../src/process/output';

// The standalone node: the same miner and API without Koii, also the Orca container.
takeOverOutput();
void import('./serve/serve');
