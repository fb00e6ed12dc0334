using System.Net.Http.Headers;
using System.Text;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

/// <summary>How an answer is framed: by how its body begins, and where that leaves it open by its media type.</summary>
public sealed class AnswerFramingTests
{
    private const string Whole = nameof(AnswerFraming.Whole);
    private const string Lines = nameof(AnswerFraming.Lines);
    private const string Events = nameof(AnswerFraming.Events);

    [Theory]
    // Whatever the media type says, the body is right.
    [InlineData("application/json", "{\"a\":1}\n{\"a\":2}\n", Lines)]
    [InlineData("text/plain", "{\"a\":1}\n{", Lines)]
    [InlineData(null, "{\"a\":1}\n{\"a\":2}", Lines)]
    [InlineData("text/event-stream", "{\"a\":1}\n", Lines)]
    [InlineData("text/event-stream", "{\"a\":", Lines)]
    [InlineData("application/json", "data: {\"a\":1}\n\n", Events)]
    [InlineData("application/x-ndjson", "event: message_start\ndata: {}\n\n", Events)]
    [InlineData(null, ": comment\n", Events)]
    [InlineData(null, "id: 1\n", Events)]
    [InlineData(null, "retry: 5\n", Events)]
    [InlineData(null, "\n \r\n\tdata:{}\n\n", Events)]
    // The media type where the body does not tell.
    [InlineData("application/x-ndjson", "oops\n", Lines)]
    [InlineData("application/x-ndjson; charset=utf-8", "[1]\n", Lines)]
    [InlineData("text/event-stream", "<html>\n", Events)]
    // One object, or nothing that is one.
    [InlineData("application/json", "{\"a\":1}", Whole)]
    [InlineData("application/json", "{\"a\":1}\n \r\n", Whole)]
    [InlineData("application/json", "{\n\"a\":1\n}", Whole)]
    [InlineData("application/json", "{\"a\":\n", Whole)]
    [InlineData("text/html", "<html>\n<body>\n", Whole)]
    [InlineData(null, "[1]\n[2]\n", Whole)]
    [InlineData(null, "dat", Whole)]
    [InlineData(null, "", Whole)]
    [InlineData("application/x-ndjson", " \n\n", Whole)]
    public void An_answer_that_has_ended_is_framed_as_its_body_begins(string? type, string body, string framing) =>
        Assert.Equal(framing, Decide(type, body, hasEnded: true)?.ToString());

    [Theory]
    [InlineData(null, "", null)]
    [InlineData("application/x-ndjson", "\n \n", null)]
    [InlineData("application/x-ndjson", "{\"a\":1}", null)]
    [InlineData("application/x-ndjson", "{\"a\":1}\n", Lines)]
    [InlineData("text/event-stream", "data: {}", null)]
    [InlineData("text/event-stream", "data: {}\n", Events)]
    [InlineData("application/json", "{\"a\":1}\n", null)]
    [InlineData("application/json", "{\"a\":1}\n\n \t", null)]
    [InlineData("application/json", "{\"a\":1}\n{", Lines)]
    [InlineData("application/json", "{\n", Whole)]
    [InlineData("text/html", "<html>\n", Whole)]
    public void Before_its_first_line_has_ended_or_a_second_begun_it_is_not_known(string? type, string body, string? framing) =>
        Assert.Equal(framing, Decide(type, body, hasEnded: false)?.ToString());

    private static AnswerFraming? Decide(string? type, string body, bool hasEnded) =>
        AnswerFramings.Decide(type is null ? null : MediaTypeHeaderValue.Parse(type), Encoding.UTF8.GetBytes(body), hasEnded);
}
