/**
 * The router's gRPC services: requests are checked here, and every end gets one status with a
 * message for people.
 */
@NullMarked
package dev.switchboard.router.api;

import org.jspecify.annotations.NullMarked;
