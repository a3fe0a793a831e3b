/**
 * Who leads where Kubernetes decides it: a Lease that routers take and renew, one entry for each
 * version of model and arithmetic that is served.
 */
@NullMarked
package dev.switchboard.cluster.lease;

import org.jspecify.annotations.NullMarked;
