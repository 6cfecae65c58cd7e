// The SDK listens from the moment it is loaded, on all interfaces: the node's tunnel leads here.
export { app, _server as publicServer } from '@_koii/namespace-wrapper';
