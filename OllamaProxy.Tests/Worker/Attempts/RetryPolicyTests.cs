using OllamaProxy.Ollama;
using OllamaProxy.Worker;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Tests.Worker.Attempts;

public sealed class RetryPolicyTests
{
    private static readonly RetryPolicy Policy = new(TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(9, 256)]
    [InlineData(10, 300)]
    [InlineData(1000, 300)]
    public void The_back_off_doubles_up_to_five_minutes(int attempt, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy.BackOff(attempt));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 2)]
    [InlineData(1, 4)]
    public void The_wait_is_anywhere_up_to_the_back_off(double jitter, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy.NextAttempt(Failure(FailureKind.Transient), null, 3, 5, jitter));

    [Theory]
    [InlineData(30, 30)]
    [InlineData(1, 4)]
    [InlineData(1_000_000, 3600)]
    public void Retry_After_lengthens_the_wait_and_never_shortens_it(double asked, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy.NextAttempt(Failure(FailureKind.Transient, asked), null, 3, 5, 1));

    [Fact]
    public void There_is_no_attempt_after_the_last() =>
        Assert.Null(Policy.NextAttempt(Failure(FailureKind.Transient), null, 5, 5, 1));

    [Fact]
    public void There_is_no_attempt_after_a_permanent_error() =>
        Assert.Null(Policy.NextAttempt(Failure(FailureKind.Permanent), null, 1, 5, 1));

    [Theory]
    [InlineData("it broke", true)]
    [InlineData("It Broke", true)]
    [InlineData(null, false)]
    [InlineData("something else", false)]
    public void The_same_unknown_words_again_are_final(string? lastError, bool isFinal) =>
        Assert.Equal(isFinal, Policy.NextAttempt(Failure(FailureKind.Unknown), lastError, 2, 5, 1) is null);

    [Fact]
    public void The_same_words_of_a_transient_error_are_not_final() =>
        Assert.NotNull(Policy.NextAttempt(Failure(FailureKind.Transient), "it broke", 2, 5, 1));

    private static OllamaException Failure(FailureKind kind, double? retryAfter = null) =>
        new(kind, "it broke") { RetryAfter = retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
}
