/** Images, unpacked and run as far as the machine allows. */
@NullMarked
package dev.switchboard.k8s.image;

import org.jspecify.annotations.NullMarked;
