package dev.switchboard.router.gates;

/**
 * Two versions that are compared.
 *
 * @param version routes
 * @param other is asked as well
 */
record GatePair(String version, String other) {}
