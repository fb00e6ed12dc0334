using System.Buffers;
using System.Text;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Texts;

/// <summary>
/// Writes long texts before the transaction that gives them to a prompt: in steps, and one text at a time, so that other writes run in
/// between. A text that is not adopted, because the program ended or a lease was lost, is removed after some minutes.
/// </summary>
/// <param name="append">Writes a step.</param>
internal sealed class LongTextStaging(AppendText append) : IDisposable
{
    /// <summary>How many bytes are written at once, which takes a disk some milliseconds.</summary>
    public const int Step = 1024 * 1024;

    /// <summary>How long a text stays after a step, until the next one or its adoption.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly IReadOnlyList<StagedText> None = [];

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Stages the long texts of a submission; mostly there are none.</summary>
    public async Task<IReadOnlyList<StagedText>> StageAsync(NewPrompt prompt, CancellationToken cancellationToken)
    {
        var call = prompt.Call?.Body ?? default;
        if (prompt.LongText is null
            && !LongTextFormat.IsLong(prompt.Text) && !LongTextFormat.IsLong(prompt.Request) && !LongTextFormat.IsLong(call))
            return None;
        var staged = new List<StagedText>();
        if (prompt.LongText is { } text)
            staged.Add(new(await StageAsync(text, cancellationToken), LongTextFormat.Prompt));
        else if (LongTextFormat.IsLong(prompt.Text))
            staged.Add(new(await StageAsync(prompt.Text, cancellationToken), LongTextFormat.Prompt));
        if (LongTextFormat.IsLong(prompt.Request))
            staged.Add(new(await StageAsync(prompt.Request, cancellationToken), LongTextFormat.Request));
        if (LongTextFormat.IsLong(call))
            staged.Add(new(await StageAsync(call, cancellationToken), LongTextFormat.Call));
        return staged;
    }

    /// <summary>Stages the long texts of a result; mostly there are none.</summary>
    public async Task<IReadOnlyList<StagedText>> StageAsync(PromptResult? result, CancellationToken cancellationToken)
    {
        var response = result?.Response?.Body ?? default;
        if (!LongTextFormat.IsLong(result?.Text) && !LongTextFormat.IsLong(result?.Thinking) && !LongTextFormat.IsLong(response))
            return None;
        var staged = new List<StagedText>();
        if (LongTextFormat.IsLong(result!.Text))
            staged.Add(new(await StageAsync(result.Text, cancellationToken), LongTextFormat.Result));
        if (LongTextFormat.IsLong(result.Thinking))
            staged.Add(new(await StageAsync(result.Thinking, cancellationToken), LongTextFormat.Thinking));
        if (LongTextFormat.IsLong(response))
            staged.Add(new(await StageAsync(response, cancellationToken), LongTextFormat.Response));
        return staged;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<long> StageAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var (text, number) = (default(long?), 0);
        for (var rest = body; rest.Length > 0;)
        {
            var step = rest[..Math.Min(rest.Length, Step)];
            (text, number) = await AppendAsync(text, number, step, cancellationToken);
            rest = rest[step.Length..];
        }
        return text!.Value;
    }

    private async Task<long> StageAsync(string whole, CancellationToken cancellationToken)
    {
        var (text, number) = (default(long?), 0);
        var encoder = Encoding.UTF8.GetEncoder();
        var utf8 = ArrayPool<byte>.Shared.Rent(Step);
        try
        {
            for (var rest = whole.AsMemory(); rest.Length > 0;)
            {
                encoder.Convert(rest.Span, utf8.AsSpan(0, Step), flush: true, out var used, out var length, out _);
                (text, number) = await AppendAsync(text, number, utf8.AsMemory(0, length), cancellationToken);
                rest = rest[used..];
            }
            return text!.Value;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <summary>Writes a step of a text, and returns the text's number and that of its next part.</summary>
    public async Task<(long Text, int Next)> AppendAsync(
        long? text, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var id = await append(text, number, bytes, cancellationToken);
            return (id, number + (bytes.Length + LongTextFormat.PartLength - 1) / LongTextFormat.PartLength);
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>Appends to a staged text in one transaction. The text expires after <see cref="LongTextStaging.Patience"/>.</summary>
/// <param name="text">The number of the text; null: a new one.</param>
/// <param name="number">The number of the first part to append, from 0.</param>
/// <param name="bytes">The bytes to append.</param>
/// <param name="cancellationToken">Cancels the write, unless it has begun.</param>
/// <returns>The number of the text.</returns>
internal delegate Task<long> AppendText(long? text, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
