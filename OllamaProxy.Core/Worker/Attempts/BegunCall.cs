using OllamaProxy.Protocol;

namespace OllamaProxy.Worker.Attempts;

/// <summary>A call to Ollama whose answer has begun.</summary>
/// <param name="Route">Its route.</param>
/// <param name="Answer">The answer, of which the headers are there. To end it, dispose of this.</param>
internal sealed record BegunCall(ApiRoute Route, HttpResponseMessage Answer) : IDisposable
{
    public void Dispose() => Answer.Dispose();
}
