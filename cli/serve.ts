import { takeOverOutput } from '../src/process/output';

// The standalone node: the same miner and API without Koii. The Orca container runs it, too.
takeOverOutput();
void import('./serve/serve');
