using OllamaProxy.Simulator.Faults;

namespace OllamaProxy.Simulator.Generation;

/// <summary>Sends an answer as a stream, each token at once.</summary>
internal sealed class StreamedOutput : IAnswerOutput
{
    private readonly HttpResponse _response;
    private readonly IStreamFormat _format;

    public StreamedOutput(HttpResponse response, IStreamFormat format)
    {
        format.SetHeaders(response.Headers);
        _response = response;
        _format = format;
    }

    public Task TokenAsync(Token token, CancellationToken ct)
    {
        _format.WriteToken(_response.BodyWriter, token);
        return FlushAsync(ct);
    }

    public Task StartAsync(CancellationToken ct) => _response.Body.FlushAsync(ct);

    public Task DoneAsync(string reason, GenerationMetrics? metrics, CancellationToken ct)
    {
        _format.WriteDone(_response.BodyWriter, reason, metrics);
        return FlushAsync(ct);
    }

    public Task ErrorAsync(string error, CancellationToken ct)
    {
        _format.WriteError(_response.BodyWriter, error);
        return FlushAsync(ct);
    }

    public Task EndAsync(CancellationToken ct) => StartAsync(ct);

    public async Task CutAsync(CancellationToken ct)
    {
        await StartAsync(ct);
        throw new CutException();
    }

    private async Task FlushAsync(CancellationToken ct) => await _response.BodyWriter.FlushAsync(ct);
}
