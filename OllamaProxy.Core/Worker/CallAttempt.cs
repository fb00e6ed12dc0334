using System.Buffers;
using System.IO.Pipelines;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>One attempt at a call: sends it to Ollama as it came, and takes the answer in as it comes.</summary>
/// <param name="call">The call.</param>
/// <param name="text">Where what the model says goes.</param>
/// <param name="response">Where the answer goes.</param>
/// <param name="tokenCame">Called with whatever comes of an answer that comes in parts.</param>
internal sealed class CallAttempt(PromptCall call, GeneratedText text, LiveResponse response, Action tokenCame)
{
    /// <summary>The longest answer: it is kept, and no model has a reason to say more.</summary>
    private const int MaxLength = 256 * 1024 * 1024;

    private readonly CallEndpoint _endpoint = CallEndpoint.Find(call.Endpoint)
        ?? throw new OllamaException(FailureKind.Permanent, $"'{call.Endpoint}' is no route whose calls are queued.");

    private bool _isDone;

    /// <summary>Runs it.</summary>
    /// <exception cref="OllamaException">Ollama failed.</exception>
    public async Task RunAsync(OllamaClient ollama, string? defaultKeepAlive, CancellationToken cancellationToken)
    {
        using var answer = await ollama.CallAsync(call, KeepAliveDefault.Apply(_endpoint, call.Body, defaultKeepAlive), cancellationToken);
        response.Begin((int)answer.StatusCode, HeaderRules.ForClient(answer));
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            var reader = PipeReader.Create(stream);
            if (answer.IsSuccessStatusCode && IsInParts(answer))
            {
                await ReadPartsAsync(reader, cancellationToken);
                return;
            }
            await ReadWholeAsync(reader, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
        if (!answer.IsSuccessStatusCode)
            throw ollama.FailureOf(answer, response.Bytes.Span);
        text.Append(CallAnswer.ReadWhole(_endpoint, response.Bytes));
    }

    private static bool IsInParts(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType is "application/x-ndjson" or "text/event-stream";

    private async Task ReadWholeAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        ReadResult read;
        do
        {
            read = await reader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
                Keep(segment.Span, show: false);
            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        response.NoteWhole();
    }

    private async Task ReadPartsAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        ReadResult read;
        do
        {
            read = await reader.ReadAsync(cancellationToken);
            tokenCame();
            var taken = TakeLines(read.Buffer);
            if (read.IsCompleted && taken.Length < read.Buffer.Length)
            {
                TakeLine(read.Buffer.Slice(taken.Length));
                taken = read.Buffer;
            }
            reader.AdvanceTo(taken.End, read.Buffer.End);
        }
        while (!read.IsCompleted);

        if (!_isDone && response.Bytes.IsEmpty)
            throw OllamaFailures.OfForeignBody("It was empty.");
        response.NoteWhole();
        if (!_isDone)
            throw OllamaFailures.OfUnfinishedAnswer();
    }

    /// <summary>Takes the lines that are there in full, and returns them.</summary>
    private ReadOnlySequence<byte> TakeLines(ReadOnlySequence<byte> bytes)
    {
        var rest = bytes;
        while (rest.PositionOf((byte)'\n') is { } end)
        {
            var next = rest.GetPosition(1, end);
            TakeLine(rest.Slice(0, next));
            rest = rest.Slice(next);
        }
        return bytes.Slice(0, rest.Start);
    }

    private void TakeLine(ReadOnlySequence<byte> line)
    {
        ReadOnlyMemory<byte> bytes = line.IsSingleSegment ? line.First : line.ToArray();
        var part = ReadPart(bytes);
        if (part?.Error is { } error)
        {
            var failure = OllamaFailures.OfErrorLine(error);
            // The client is told as Ollama tells it, unless it has seen nothing yet and there is to be another attempt.
            Keep(bytes.Span, show: false);
            response.NoteWhole();
            throw failure;
        }
        if (part is not null)
            text.Append(part);
        _isDone |= part is { Done: true };
        Keep(bytes.Span, show: !_isDone);
    }

    private void Keep(ReadOnlySpan<byte> bytes, bool show)
    {
        if (response.Bytes.Length + bytes.Length > MaxLength)
            throw new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} bytes, and was cut off.");
        response.Append(bytes, show);
    }

    /// <summary>What a line says: JSON by itself or, in an event, behind its field's name.</summary>
    private GenerateChunk? ReadPart(ReadOnlyMemory<byte> line)
    {
        var json = line.Trim(" \t\r\n"u8);
        if (json.Span.StartsWith("data:"u8))
            json = json["data:".Length..].Trim(" "u8);
        return json switch
        {
            { IsEmpty: true } => null,
            _ when json.Span.SequenceEqual("[DONE]"u8) => new() { Done = true },
            _ when json.Span[0] == (byte)'{' => CallAnswer.ReadPart(_endpoint, json),
            _ => null,
        };
    }
}
