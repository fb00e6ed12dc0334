using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace OllamaProxy.Ollama;

/// <summary>Cuts a stream into lines, with a limit to the memory that one can take.</summary>
internal static class LineReader
{
    private const int MaxLineMiB = 32;

    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 16 * 1024, leaveOpen: true);
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r"u8);

    /// <summary>The lines that are not blank, as they come. Each is good until the next is asked for; the last need not have an end.</summary>
    /// <exception cref="OllamaException">A line is longer than any that Ollama has a reason to send.</exception>
    public static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, Reading);
        try
        {
            var searched = 0L;
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (rest.Slice(searched).PositionOf((byte)'\n') is { } end)
                {
                    if (!IsBlank(rest.Slice(0, end)))
                        yield return rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    searched = 0;
                }
                searched = rest.Length;
                if (searched > MaxLineMiB * 1024 * 1024)
                    throw new OllamaException(FailureKind.Transient, $"Ollama sent a line of more than {MaxLineMiB} MiB.");
                if (read.IsCompleted && !IsBlank(rest))
                    yield return rest;
                reader.AdvanceTo(rest.Start, rest.End);
            }
            while (!read.IsCompleted);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
            if (segment.Span.ContainsAnyExcept(WhiteSpace))
                return false;
        return true;
    }
}
