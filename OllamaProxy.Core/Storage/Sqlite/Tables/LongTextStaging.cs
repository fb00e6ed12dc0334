using System.Buffers;
using System.Text;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Writes long texts before the transaction that makes them a prompt's: in steps, and one text at a time, so that other writes run in
/// between. A text that is not adopted, because the program ended or a lease was lost, is removed after some minutes.
/// </summary>
internal sealed class LongTextStaging(SqlitePromptStore store) : IDisposable
{
    /// <summary>How many bytes are written at once, which takes a disk some milliseconds.</summary>
    private const int Step = 1024 * 1024;

    /// <summary>How long a text may wait for its next step, and finally to be adopted.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly IReadOnlyList<StagedText> None = [];

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Stages the long texts of a submission; mostly there are none.</summary>
    public async Task<IReadOnlyList<StagedText>> StageAsync(NewPrompt prompt, CancellationToken cancellationToken)
    {
        var call = prompt.Call?.Body ?? default;
        if (prompt.LongText is null && !LongTexts.IsLong(prompt.Text) && !LongTexts.IsLong(prompt.Request) && !LongTexts.IsLong(call))
            return None;
        var staged = new List<StagedText>();
        if (prompt.LongText is { } text)
            staged.Add(new(await StageAsync(text, cancellationToken), LongTexts.Prompt));
        else if (LongTexts.IsLong(prompt.Text))
            staged.Add(new(await StageAsync(prompt.Text, cancellationToken), LongTexts.Prompt));
        if (LongTexts.IsLong(prompt.Request))
            staged.Add(new(await StageAsync(prompt.Request, cancellationToken), LongTexts.Request));
        if (LongTexts.IsLong(call))
            staged.Add(new(await StageAsync(call, cancellationToken), LongTexts.Call));
        return staged;
    }

    /// <summary>Stages the long texts of a result; mostly there are none.</summary>
    public async Task<IReadOnlyList<StagedText>> StageAsync(PromptResult? result, CancellationToken cancellationToken)
    {
        var response = result?.Response?.Body ?? default;
        if (!LongTexts.IsLong(result?.Text) && !LongTexts.IsLong(result?.Thinking) && !LongTexts.IsLong(response))
            return None;
        var staged = new List<StagedText>();
        if (LongTexts.IsLong(result!.Text))
            staged.Add(new(await StageAsync(result.Text, cancellationToken), LongTexts.Result));
        if (LongTexts.IsLong(result.Thinking))
            staged.Add(new(await StageAsync(result.Thinking, cancellationToken), LongTexts.Thinking));
        if (LongTexts.IsLong(response))
            staged.Add(new(await StageAsync(response, cancellationToken), LongTexts.Response));
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

    private async Task<(long Text, int Next)> AppendAsync(
        long? text, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await store.WriteAsync((session, now) =>
            {
                var id = text ?? LongTexts.Begin(session, now + Patience);
                LongTexts.Append(session, id, number, bytes, now + Patience);
                return (id, number + (bytes.Length + LongTexts.PartLength - 1) / LongTexts.PartLength);
            }, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }
}
