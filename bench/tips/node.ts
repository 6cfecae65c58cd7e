import './begun-threads';
import '../../cli/serve';

// The standalone node (cli/serve.ts) on regtest, which notes when its threads begin to hash on a tip.
