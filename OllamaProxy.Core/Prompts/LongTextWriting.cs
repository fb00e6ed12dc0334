using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace OllamaProxy.Prompts;

/// <summary>Sends texts of the store, as fast as whoever reads takes them.</summary>
internal static class LongTextWriting
{
    /// <summary>How much is made JSON at once: escaped it can become six times as long.</summary>
    private const int MaxSegment = 16 * 1024;

    /// <summary>Writes a text as a JSON string. When whoever was to read it is gone, no more is read of it.</summary>
    /// <param name="output">Where <paramref name="json"/> writes to.</param>
    /// <param name="json">The writer, which is where a value is due.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="begin">Called once the text can be read, before any of it is written.</param>
    /// <exception cref="ReaderGoneException">The reader is gone.</exception>
    public static async Task WriteJsonAsync(
        this PipeWriter output, Utf8JsonWriter json, StoredText text, CancellationToken cancellationToken, Action? begin = null)
    {
        await WriteAsync(output, text, WriteSegments, begin, cancellationToken);
        json.WriteStringValueSegment(ReadOnlySpan<byte>.Empty, isFinalSegment: true);
        await json.FlushAsync(cancellationToken);

        void WriteSegments(ReadOnlyMemory<byte> piece)
        {
            for (var rest = piece.Span; rest.Length > 0;)
            {
                var segment = rest[..Math.Min(rest.Length, MaxSegment)];
                json.WriteStringValueSegment(segment, isFinalSegment: false);
                json.Flush();
                rest = rest[segment.Length..];
            }
        }
    }

    /// <summary>Writes a text or body as it is.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="begin">Called once the text can be read, before any of it is written.</param>
    /// <exception cref="ReaderGoneException">The reader is gone.</exception>
    public static Task WriteAsync(this PipeWriter output, StoredText text, CancellationToken cancellationToken, Action? begin = null) =>
        WriteAsync(output, text, piece => output.Write(piece.Span), begin, cancellationToken);

    /// <summary>
    /// Flushes, and ends whoever writes when nobody reads any more: the host then takes everything at once and lets it go.
    /// </summary>
    /// <exception cref="ReaderGoneException">Nobody reads.</exception>
    public static async ValueTask FlushToReaderAsync(this PipeWriter output, CancellationToken cancellationToken)
    {
        var flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
            throw new ReaderGoneException();
    }

    private static async Task WriteAsync(
        PipeWriter output, StoredText text, Action<ReadOnlyMemory<byte>> write, Action? begin, CancellationToken cancellationToken)
    {
        await using var pieces = text(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await ReadingTurns.TakeAsync(WriteNextAsync, cancellationToken))
            await output.FlushToReaderAsync(cancellationToken);

        async Task<bool> WriteNextAsync()
        {
            if (!await pieces.MoveNextAsync())
                return false;
            begin?.Invoke();
            begin = null;
            write(pieces.Current);
            return true;
        }
    }
}
