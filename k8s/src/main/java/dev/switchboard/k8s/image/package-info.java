/**
 * Images of routers and nodes as OCI archives, made without a daemon and without a base image: a
 * Java runtime of the modules that are needed, the C library of the machine that builds, our jars.
 */
@NullMarked
package dev.switchboard.k8s.image;

import org.jspecify.annotations.NullMarked;
