using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

public sealed class OllamaFailuresTests
{
    [Fact]
    public void An_answer_keeps_Ollamas_words_and_its_Retry_After()
    {
        var failure = OllamaFailures.OfAnswer(503, """{"error":"server busy"}""", TimeSpan.FromSeconds(3));
        Assert.Equal((FailureKind.Busy, "server busy", TimeSpan.FromSeconds(3)), (failure.Kind, failure.Message, failure.RetryAfter));
    }

    [Theory]
    [InlineData(404, "404 page not found", "It answered 404: 404 page not found")]
    [InlineData(404, "", "It answered 404 with an empty body.")]
    [InlineData(403, "", "OLLAMA_ORIGINS")]
    public void An_answer_that_is_not_Ollamas_is_quoted(int status, string body, string words) =>
        Assert.Contains(words, OllamaFailures.OfAnswer(status, body, null).Message, StringComparison.Ordinal);

    [Fact]
    public void A_long_foreign_body_is_quoted_in_part() =>
        Assert.InRange(OllamaFailures.OfAnswer(404, new string('x', 100_000), null).Message.Length, 200, 400);
}
