/** The chart and the images, without a cluster; and the processes under a kubelet's script. */
@NullMarked
package dev.switchboard.k8s;

import org.jspecify.annotations.NullMarked;
