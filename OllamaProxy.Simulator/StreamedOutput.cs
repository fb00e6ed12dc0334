using System.Buffers;
using System.Text.Json;

namespace OllamaProxy.Simulator;

/// <summary>An answer as NDJSON, one line a token, each sent at once.</summary>
internal sealed class StreamedOutput : IAnswerOutput
{
    private readonly HttpResponse _response;
    private readonly AnswerJson _answer;

    public StreamedOutput(HttpResponse response, AnswerJson answer)
    {
        response.ContentType = "application/x-ndjson";
        _response = response;
        _answer = answer;
    }

    public Task TokenAsync(Token token, CancellationToken ct) => LineAsync(json => _answer.Write(json, AnswerPart.Of(token)), ct);

    public Task StartAsync(CancellationToken ct) => _response.Body.FlushAsync(ct);

    public Task DoneAsync(string reason, GenerationMetrics metrics, CancellationToken ct) =>
        LineAsync(json => _answer.Write(json, new("", "", reason, metrics)), ct);

    public Task ErrorAsync(string error, CancellationToken ct) => LineAsync(json => JsonReply.WriteError(json, error), ct);

    public Task EndAsync(CancellationToken ct) => StartAsync(ct);

    public async Task CutAsync(CancellationToken ct)
    {
        await StartAsync(ct);
        throw new CutException();
    }

    private async Task LineAsync(Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        JsonReply.WriteTo(_response.BodyWriter, write);
        _response.BodyWriter.Write("\n"u8);
        await _response.BodyWriter.FlushAsync(ct);
    }
}
