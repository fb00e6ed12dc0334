using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>
/// Reads what has been generated for a prompt, from any offset on, wherever it is: in this process while it runs
/// here, in the store, or there as its result.
/// </summary>
public sealed class PromptTexts(IPromptReader store, AttemptOutputs live)
{
    /// <summary>The longest text or thinking of a chunk, in characters: all that one reader costs.</summary>
    private const int MaxChunk = 16 * 1024;

    /// <summary>Whether it is being generated, or still being settled, in this process: then more can come.</summary>
    public bool IsLive(Prompt prompt) => live.Find(prompt) is not null;

    /// <summary>
    /// What there is of the prompt's last attempt beyond an offset, as chunks that follow one another, thinking first where
    /// the prompt has ended. It ends where there is no more at the moment.
    /// </summary>
    /// <exception cref="StoreException">It cannot be read, or was replaced or removed meanwhile.</exception>
    public IAsyncEnumerable<TextChunk> ReadAsync(Prompt prompt, TextOffset after, CancellationToken cancellationToken) => prompt switch
    {
        _ when live.Find(prompt) is { } text => ReadLiveAsync(text, after),
        { Status: PromptStatus.Processing } => ReadGeneratedAsync(prompt, after, cancellationToken),
        _ when prompt.Status.HasEnded() => ReadResultAsync(prompt, after, cancellationToken),
        _ => AsyncEnumerable.Empty<TextChunk>(),
    };

    private static async IAsyncEnumerable<TextChunk> ReadLiveAsync(AttemptOutput text, TextOffset after)
    {
        for (var chunk = text.ReadFrom(after, MaxChunk); !chunk.IsEmpty; chunk = text.ReadFrom(chunk.End, MaxChunk))
        {
            text.MarkRead();
            yield return chunk;
            // A reader that is far behind lets others have a turn in between.
            if (chunk.Text.Length + chunk.Thinking.Length >= MaxChunk - 1)
                await Task.Yield();
        }
    }

    private async IAsyncEnumerable<TextChunk> ReadGeneratedAsync(Prompt prompt, TextOffset after,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var chunk = await store.ReadGeneratedAsync(prompt, after, cancellationToken); !chunk.IsEmpty;)
        {
            yield return chunk;
            await Task.Yield();
            chunk = await store.ReadGeneratedAsync(prompt, chunk.End, cancellationToken);
        }
    }

    private async IAsyncEnumerable<TextChunk> ReadResultAsync(Prompt prompt, TextOffset after,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await store.FindResultAsync(prompt.Id, cancellationToken) is not { } result)
            yield break;
        if (result.Thinking is { } thinking)
        {
            await foreach (var piece in PiecesAsync(thinking, after.Thinking, cancellationToken))
            {
                yield return new(after, "", piece);
                after = after with { Thinking = after.Thinking + piece.Length };
            }
        }
        await foreach (var piece in PiecesAsync(result.Text, after.Text, cancellationToken))
        {
            yield return new(after, piece, "");
            after = after with { Text = after.Text + piece.Length };
        }
    }

    /// <summary>What of a stored text is beyond an offset.</summary>
    private static async IAsyncEnumerable<string> PiecesAsync(StoredText text, int offset,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var characters = ArrayPool<char>.Shared.Rent(MaxChunk);
        try
        {
            await using var pieces = text(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await ReadingTurns.TakeAsync(() => pieces.MoveNextAsync().AsTask(), cancellationToken))
            {
                for (var rest = pieces.Current; rest.Length > 0;)
                {
                    decoder.Convert(rest.Span, characters, flush: false, out var used, out var length, out _);
                    rest = rest[used..];
                    var skipped = Math.Min(offset, length);
                    offset -= skipped;
                    if (length > skipped)
                        yield return new(characters, skipped, length - skipped);
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }
}
