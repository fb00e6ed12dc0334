using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace OllamaProxy.Prompts;

/// <summary>Writes stored texts to a response, at the pace of the client.</summary>
internal static class LongTextWriting
{
    /// <summary>How many bytes are escaped as JSON at once. Escaped they can become six times as long.</summary>
    private const int MaxSegment = 16 * 1024;

    /// <summary>Writes a text as a JSON string. Stops reading the text when the client has gone.</summary>
    /// <param name="output">The writer behind <paramref name="json"/>.</param>
    /// <param name="json">The JSON writer, at a position where a value is expected.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <param name="begin">
    /// Called once the first piece was read, before any of it is written: until then the response can still become an error.
    /// </param>
    /// <exception cref="ReaderGoneException">The client has gone.</exception>
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

    /// <summary>Writes a text or body byte for byte.</summary>
    /// <param name="output">The writer of the response.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <param name="begin">
    /// Called once the first piece was read, before any of it is written: until then the response can still become an error.
    /// </param>
    /// <exception cref="ReaderGoneException">The client has gone.</exception>
    public static Task WriteAsync(this PipeWriter output, StoredText text, CancellationToken cancellationToken, Action? begin = null) =>
        WriteAsync(output, text, piece => output.Write(piece.Span), begin, cancellationToken);

    /// <summary>
    /// Flushes, and throws once the client has gone: from then on the host discards all output at once, so that the rest of the text would
    /// be read for nothing.
    /// </summary>
    /// <exception cref="ReaderGoneException">The client has gone.</exception>
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
