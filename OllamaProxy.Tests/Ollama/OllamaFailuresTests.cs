using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

public sealed class OllamaFailuresTests
{
    [Theory]
    [InlineData(400, """{"error":"bad"}""", FailureKind.Permanent, "bad")]
    [InlineData(404, """{"error":"model 'x' not found"}""", FailureKind.Permanent, "model 'x' not found")]
    [InlineData(404, "404 page not found", FailureKind.Foreign, "404 page not found")]
    [InlineData(403, "", FailureKind.Foreign, "403")]
    [InlineData(405, """{"error":"no"}""", FailureKind.Permanent, "no")]
    [InlineData(408, "", FailureKind.Transient, "408")]
    [InlineData(429, """{"error":"slow down"}""", FailureKind.Transient, "slow down")]
    [InlineData(500, """{"error":"timed out waiting for llama runner to start"}""", FailureKind.Transient, "timed out waiting")]
    [InlineData(500, """{"error":"invalid format: \"x\""}""", FailureKind.Permanent, "invalid format")]
    [InlineData(500, """{"error":"option \"num_ctx\" must be of type integer"}""", FailureKind.Permanent, "num_ctx")]
    [InlineData(500, "oops", FailureKind.Foreign, "oops")]
    [InlineData(502, "<html>bad gateway</html>", FailureKind.Transient, "bad gateway")]
    [InlineData(503, """{"error":{"message":"an object"}}""", FailureKind.Transient, "an object")]
    [InlineData(302, "", FailureKind.Foreign, "302")]
    public void An_answer_means_what_the_design_says(int status, string body, FailureKind kind, string words)
    {
        var failure = OllamaFailures.OfAnswer(status, body, TimeSpan.FromSeconds(3));
        Assert.Equal((kind, TimeSpan.FromSeconds(3)), (failure.Kind, failure.RetryAfter));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_foreign_body_is_quoted_in_part() =>
        Assert.InRange(OllamaFailures.OfAnswer(404, new string('x', 100_000), null).Message.Length, 200, 400);
}
