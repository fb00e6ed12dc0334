namespace OllamaProxy.Simulator.Http;

/// <summary>A request that Ollama rejects, with the status and the message of its answer.</summary>
internal sealed class OllamaException(int status, string error) : Exception(error)
{
    public int Status => status;

    public static OllamaException BadRequest(string error) => new(StatusCodes.Status400BadRequest, error);

    public static OllamaException NotFound(string error) => new(StatusCodes.Status404NotFound, error);

    public static OllamaException ModelNotFound(string name) => NotFound($"model '{name}' not found");

    public static OllamaException Busy() =>
        new(StatusCodes.Status503ServiceUnavailable, "server busy, please try again.  maximum pending requests exceeded");

    public static OllamaException ServerError(string error) => new(StatusCodes.Status500InternalServerError, error);
}
