using System.Text;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>Sends an answer as a single JSON object, once it is complete.</summary>
internal sealed class WholeOutput(HttpResponse response, IWholeFormat format, ApiFamily family) : IAnswerOutput
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private ToolCall? _toolCall;

    public Task TokenAsync(Token token, CancellationToken ct)
    {
        (token.IsThought ? _thinking : _text).Append(token.Text);
        _toolCall ??= token.ToolCall;
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;

    public Task DoneAsync(string reason, GenerationMetrics? metrics, CancellationToken ct) => WriteAsync(reason, metrics, ct);

    public Task ErrorAsync(string error, CancellationToken ct) =>
        family.ErrorAsync(response, StatusCodes.Status500InternalServerError, error, ct);

    public Task EndAsync(CancellationToken ct) => WriteAsync(reason: null, metrics: null, ct);

    public async Task CutAsync(CancellationToken ct)
    {
        var bytes = JsonReply.ToBytes(json => format.Write(json, Part(reason: null, metrics: null)), family.Framing);
        response.ContentType = family.Framing.ContentType;
        response.ContentLength = bytes.Length;
        await response.BodyWriter.WriteAsync(bytes[..(bytes.Length / 2)], ct);
        throw new CutException();
    }

    private Task WriteAsync(string? reason, GenerationMetrics? metrics, CancellationToken ct) =>
        JsonReply.WriteAsync(response, json => format.Write(json, Part(reason, metrics)), ct, family.Framing);

    private AnswerPart Part(string? reason, GenerationMetrics? metrics) =>
        new(_text.ToString(), _thinking.ToString(), reason, metrics, _toolCall);
}
