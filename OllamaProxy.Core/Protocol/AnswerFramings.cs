using System.Net.Http.Headers;

namespace OllamaProxy.Protocol;

/// <summary>
/// Detects how an answer is framed: by the beginning of its body, since gateways change media types, and then by its media type.
/// </summary>
internal static class AnswerFramings
{
    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    /// <summary>Decides how an answer is framed.</summary>
    /// <param name="type">The media type; null: the answer has none.</param>
    /// <param name="body">What has arrived of the body.</param>
    /// <param name="hasEnded">Whether the body has ended.</param>
    /// <returns>Null: what has arrived does not tell yet. That is so at least until the first line has ended.</returns>
    public static AnswerFraming? Decide(MediaTypeHeaderValue? type, ReadOnlyMemory<byte> body, bool hasEnded)
    {
        body = body.TrimStart(WhiteSpace);
        var end = body.Span.IndexOf((byte)'\n');
        if (end < 0 && !hasEnded)
            return null;
        var line = (end < 0 ? body : body[..end]).TrimEnd(WhiteSpace);
        if (line.IsEmpty)
            return AnswerFraming.Whole;
        if (IsOfEvent(line.Span))
            return AnswerFraming.Events;
        var hasObject = line.Span[0] == (byte)'{';
        if (OfType(type) is { } streamed)
            return hasObject ? AnswerFraming.Lines : streamed;
        if (!hasObject || !JsonReading.IsObject(line))
            return AnswerFraming.Whole;
        if (end >= 0 && body.Span[end..].ContainsAnyExcept(WhiteSpace))
            return AnswerFraming.Lines;
        return hasEnded ? AnswerFraming.Whole : null;
    }

    /// <summary>The framing of a media type that only streams have; null: any other media type.</summary>
    private static AnswerFraming? OfType(MediaTypeHeaderValue? type) => type?.MediaType switch
    {
        "application/x-ndjson" => AnswerFraming.Lines,
        "text/event-stream" => AnswerFraming.Events,
        _ => null,
    };

    /// <summary>
    /// Whether a line is a field of a server-sent event or a comment (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    /// </summary>
    private static bool IsOfEvent(ReadOnlySpan<byte> line) =>
        line.StartsWith("data:"u8) || line.StartsWith("event:"u8) || line.StartsWith("id:"u8) || line.StartsWith("retry:"u8)
        || line.StartsWith(":"u8);
}
