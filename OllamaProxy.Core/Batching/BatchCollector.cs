using System.Text;
using OllamaProxy.Batches;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Batching;

/// <summary>
/// Writes what came of the lines of a batch into its files: some lines at a time are staged, and one transaction puts them into the files,
/// counts them, and takes them off the list of lines that are not there. So each is there once, whenever the process is killed.
/// </summary>
public sealed class BatchCollector(IBatchStore batches, IFileStore files, IPromptReader reader)
{
    /// <summary>How many lines are collected at once.</summary>
    public const int MaxLines = 200;

    /// <summary>About how many bytes, unless one line alone has more.</summary>
    private const long MaxBytes = 4 * 1024 * 1024;

    /// <summary>How much is read of an answer that is no JSON.</summary>
    private const int MaxMessage = 4096;

    /// <summary>Collects lines whose prompts have ended.</summary>
    /// <returns>Whether any were collected.</returns>
    internal async Task<bool> CollectAsync(Batch batch, IReadOnlyList<EndedLine> ended, CancellationToken cancellationToken)
    {
        var damaged = new HashSet<long>();
        while (true)
        {
            var current = 0L;
            using var texts = new LineTexts(files, BatchFormat.Of(batch.Api).HasErrorFile);
            try
            {
                var (collected, added) = (new List<long>(), default(BatchCounts));
                foreach (var line in ended)
                {
                    current = line.Number;
                    if (await WriteAsync(batch, line, damaged.Contains(line.Number), texts, cancellationToken) is not { } counts)
                        continue;
                    collected.Add(line.Number);
                    added = Sum(added, counts);
                    if (texts.Length >= MaxBytes)
                        break;
                }
                if (collected.Count == 0)
                    return false;
                var collection = await texts.CompleteAsync(new(collected, added), cancellationToken);
                return await batches.CollectAsync(batch, collection, cancellationToken);
            }
            catch (StoreException exception) when (exception.IsDamage && damaged.Add(current))
            {
                // What is left of the answer is not worth anything. The others begin anew without it.
            }
        }
    }

    /// <summary>Collects lines that never became prompts.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="lines">The custom ids of the lines.</param>
    /// <param name="next">Where the input goes on behind them.</param>
    /// <param name="fault">Why they did not.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<bool> SkipAsync(
        Batch batch, IReadOnlyList<string> lines, BatchCursor next, LineFault fault, CancellationToken cancellationToken)
    {
        var format = BatchFormat.Of(batch.Api);
        using var texts = new LineTexts(files, format.HasErrorFile);
        foreach (var customId in lines)
            await texts.Errors.WriteAsync(format.Without(customId, null, fault), cancellationToken);
        var added = CountsOf(fault.Kind, lines.Count);
        var collection = await texts.CompleteAsync(new([], added) { Next = next }, cancellationToken);
        return await batches.CollectAsync(batch, collection, cancellationToken);
    }

    /// <summary>Writes a line, and returns as what it counts; null: it has no answer any more, and its prompt will tell why.</summary>
    private async Task<BatchCounts?> WriteAsync(
        Batch batch, EndedLine line, bool isDamaged, LineTexts texts, CancellationToken cancellationToken)
    {
        var format = BatchFormat.Of(batch.Api);
        if (isDamaged)
            return await WriteAsync(new(FaultKind.Failed, "response_damaged", "The answer is damaged in the database."));
        if (line.Prompt is not { } prompt)
            return await WriteAsync(
                new(FaultKind.Failed, "prompt_deleted", "The prompt of this request was deleted before its answer was read."));
        if (line.Status == PromptStatus.Cancelled)
            return await WriteAsync(batch.Outcome switch
            {
                BatchStatus.Cancelled => LineFault.Cancelled,
                BatchStatus.Expired => LineFault.Expired,
                _ => new(FaultKind.Failed, "request_cancelled", "The prompt of this request was cancelled."),
            });
        if (await reader.FindResponseAsync(prompt, cancellationToken) is not { } response)
            return line.Status == PromptStatus.Completed ? null
                : await WriteAsync(new(FaultKind.Failed, "request_failed", line.Error ?? "The prompt of this request failed."));

        var isGood = line.Status == PromptStatus.Completed && response.Status is >= 200 and < 300;
        var (before, behind) = format.Around(line.CustomId, prompt, response.Status, isGood);
        var target = isGood ? texts.Output : texts.Errors;
        await target.WriteAsync(before, cancellationToken);
        await WriteBodyAsync(format, response, target, cancellationToken);
        await target.WriteAsync(behind, cancellationToken);
        return new(0, isGood ? 1 : 0, isGood ? 0 : 1, 0, 0, line.InputTokens, line.OutputTokens);

        async Task<BatchCounts?> WriteAsync(LineFault fault)
        {
            await texts.Errors.WriteAsync(format.Without(line.CustomId, line.Prompt, fault), cancellationToken);
            return CountsOf(fault.Kind, 1) with { InputTokens = line.InputTokens, OutputTokens = line.OutputTokens };
        }
    }

    private static async Task WriteBodyAsync(
        BatchFormat format, StoredResponse response, FileContent target, CancellationToken cancellationToken)
    {
        if (response.Body.Length <= LongText.MaxShort)
        {
            var whole = await response.Body.ReadWholeAsync(cancellationToken);
            var body = JsonReading.IsObject(whole) ? whole
                : format.ErrorBody(response.Status, Encoding.UTF8.GetString(whole.AsSpan(0, Math.Min(whole.Length, MaxMessage))));
            await target.WriteAsync(OnOneLine(body), cancellationToken);
            return;
        }
        // Ollama's own, which has been read once: of what is so long, errors have never been.
        await foreach (var piece in response.Body.Pieces(cancellationToken))
            await target.WriteAsync(OnOneLine(piece.ToArray()), cancellationToken);
    }

    /// <summary>JSON without line breaks: those stand only between its values, where spaces mean the same.</summary>
    private static byte[] OnOneLine(byte[] json)
    {
        json.AsSpan().Replace((byte)'\n', (byte)' ');
        json.AsSpan().Replace((byte)'\r', (byte)' ');
        return json;
    }

    private static BatchCounts CountsOf(FaultKind kind, int lines) => new(
        0, 0, kind == FaultKind.Failed ? lines : 0, kind == FaultKind.Cancelled ? lines : 0, kind == FaultKind.Expired ? lines : 0, 0, 0);

    private static BatchCounts Sum(BatchCounts one, BatchCounts other) => new(
        0, one.Completed + other.Completed, one.Failed + other.Failed, one.Cancelled + other.Cancelled, one.Expired + other.Expired,
        one.InputTokens + other.InputTokens, one.OutputTokens + other.OutputTokens);

    /// <summary>The texts that lines are staged in, each made when there is a line for it.</summary>
    private sealed class LineTexts(IFileStore files, bool hasErrorFile) : IDisposable
    {
        private FileContent? _output;
        private FileContent? _errors;

        public FileContent Output => _output ??= files.BeginContent();

        public FileContent Errors => hasErrorFile ? _errors ??= files.BeginContent() : Output;

        public long Length => (_output?.Length ?? 0) + (_errors?.Length ?? 0);

        public async Task<BatchCollection> CompleteAsync(BatchCollection collection, CancellationToken cancellationToken) => collection with
        {
            Output = _output is null ? null : (await _output.CompleteAsync(cancellationToken)).Text,
            Errors = _errors is null ? null : (await _errors.CompleteAsync(cancellationToken)).Text,
        };

        public void Dispose()
        {
            _output?.Dispose();
            _errors?.Dispose();
        }
    }
}
