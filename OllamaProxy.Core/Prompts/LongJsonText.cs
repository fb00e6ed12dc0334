using System.IO.Pipelines;
using System.Text.Json;

namespace OllamaProxy.Prompts;

/// <summary>Writes texts from the store into JSON, as fast as whoever reads takes them.</summary>
internal static class LongJsonText
{
    /// <summary>How much is written at once: escaped it can become six times as long.</summary>
    private const int MaxSegment = 16 * 1024;

    /// <summary>Writes a text as a JSON string. When whoever was to read it is gone, no more is read of it.</summary>
    /// <param name="output">Where <paramref name="json"/> writes to.</param>
    /// <param name="json">The writer, which is where a value is due.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ReaderGoneException">The reader is gone.</exception>
    public static async Task WriteAsync(PipeWriter output, Utf8JsonWriter json, StoredText text, CancellationToken cancellationToken)
    {
        await foreach (var piece in text(cancellationToken))
        {
            for (var rest = piece; rest.Length > 0;)
            {
                var segment = rest[..Math.Min(rest.Length, MaxSegment)];
                json.WriteStringValueSegment(segment.Span, isFinalSegment: false);
                await json.FlushAsync(cancellationToken);
                await output.FlushToReaderAsync(cancellationToken);
                rest = rest[segment.Length..];
            }
        }
        json.WriteStringValueSegment(ReadOnlySpan<byte>.Empty, isFinalSegment: true);
        await json.FlushAsync(cancellationToken);
    }

    /// <summary>Flushes, and ends whoever writes when nobody reads any more: the host then takes everything at once and lets it go.</summary>
    /// <exception cref="ReaderGoneException">Nobody reads.</exception>
    public static async ValueTask FlushToReaderAsync(this PipeWriter output, CancellationToken cancellationToken)
    {
        var flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
            throw new ReaderGoneException();
    }
}
