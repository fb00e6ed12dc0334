using System.Globalization;
using OllamaProxy.Prompts;
using static System.FormattableString;

namespace OllamaProxy.Api.Streams;

/// <summary>
/// How far a client is in the stream of a prompt. Written, it is the id of an event: <c>attempt-offset</c>, where the attempt
/// is told by the microsecond in which it was started (their numbers begin anew after a retry), and the offset is that of the
/// answer and, where the model thought, behind a dot that of the thinking; or <c>attempt-done</c>.
/// </summary>
/// <param name="Attempt">The attempt; 0: none was started.</param>
/// <param name="Offset">How much of its text the client has.</param>
/// <param name="Done">Whether the client has got the event that says how the prompt ended.</param>
internal readonly record struct StreamPosition(long Attempt, TextOffset Offset, bool Done = false)
{
    /// <summary>Where a client begins that has nothing.</summary>
    public static readonly StreamPosition Start;

    /// <summary>Of a client that names an event that this program never sent: it has something, nobody knows what.</summary>
    private static readonly StreamPosition Unknown = new(-1, new(1, 0));

    /// <summary>Whether the client has any text of the attempt, or knows that there is none.</summary>
    public bool HasText => Done || Offset != default;

    /// <summary>Which attempt a prompt tells of.</summary>
    public static long AttemptOf(Prompt prompt) =>
        prompt.StartedAt is { } startedAt ? (startedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0;

    /// <summary>Reads the id of an event; null is none.</summary>
    public static StreamPosition Read(string? id)
    {
        if (string.IsNullOrEmpty(id))
            return Start;
        var parts = id.Split('-');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
            return Unknown;
        if (parts[1] == "done")
            return new(attempt, default, Done: true);
        var offsets = parts[1].Split('.');
        return offsets.Length <= 2 && TryRead(offsets[0], out var text) && TryRead(offsets.ElementAtOrDefault(1) ?? "0", out var thinking)
            ? new(attempt, new(text, thinking))
            : Unknown;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var offset = Offset.Thinking == 0 ? Invariant($"{Offset.Text}") : Invariant($"{Offset.Text}.{Offset.Thinking}");
        return Invariant($"{Attempt}-{(Done ? "done" : offset)}");
    }

    private static bool TryRead(string text, out int offset) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
}
