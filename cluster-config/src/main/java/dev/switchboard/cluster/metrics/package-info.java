/**
 * What a process tells of itself over HTTP: metrics as Prometheus reads them, and whether it lives
 * and can answer. Numbers are taken from where they are counted anyway, when somebody asks.
 */
@NullMarked
package dev.switchboard.cluster.metrics;

import org.jspecify.annotations.NullMarked;
