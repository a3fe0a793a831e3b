package dev.switchboard.router.engine;

/**
 * A generation that is complete.
 *
 * @param text held back until the end
 * @param logitsSha256 hex; empty if not asked for
 * @param degradedTokens read without some of their experts
 */
public record GenerationSummary(
    FinishReason reason,
    int promptTokens,
    int generatedTokens,
    long seed,
    String text,
    String logitsSha256,
    CallCounts calls,
    int degradedTokens,
    long promptNanos,
    long generateNanos) {}
