import './eased-floor';
import '../../cli/serve';

// The standalone node (cli/serve.ts) whose shares are found in no time.
