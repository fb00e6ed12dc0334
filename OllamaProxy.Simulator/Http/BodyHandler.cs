namespace OllamaProxy.Simulator.Http;

/// <summary>Handles a request of Ollama's own API that runs no model.</summary>
internal static class BodyHandler
{
    /// <summary>Reads the body, calls the handler, and turns an <see cref="OllamaException"/> into an error answer.</summary>
    public static async Task InvokeAsync(HttpContext context, Func<ReadOnlyMemory<byte>, CancellationToken, Task> handle)
    {
        var ct = context.RequestAborted;
        try
        {
            await handle(await RequestBody.ReadAsync(context.Request, ct), ct);
        }
        catch (OllamaException exception)
        {
            await JsonReply.ErrorAsync(context.Response, exception.Status, exception.Message, ct);
        }
    }
}
