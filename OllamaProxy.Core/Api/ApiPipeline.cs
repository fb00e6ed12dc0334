using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api;

/// <summary>
/// What every request goes through, on both hosts: common headers, the check of the caller, the handler, and whatever it throws made
/// into an error answer. It executes the result itself, because the Functions worker would serialise it a second time.
/// </summary>
public sealed class ApiPipeline(
    CallerCheck callers,
    FoldedPaths paths,
    RetryAfter retryAfter,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<ApiPipeline> logger)
{
    /// <summary>How long a client should wait before it asks a store again that was not available, in seconds.</summary>
    private const string StoreRetryAfter = "5";

    /// <summary>The same where an operator has to do something first.</summary>
    private const string DrainingRetryAfter = "60";

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="handler">What answers it.</param>
    /// <param name="aborted">
    /// The host's own token for a client that went away, if it has one beside <see cref="HttpContext.RequestAborted"/>:
    /// the Functions worker has, and fires the two in no fixed order.
    /// </param>
    public async Task RunAsync(HttpContext context, Handler handler, CancellationToken aborted = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, aborted);
        context.RequestAborted = linked.Token;
        var started = time.GetTimestamp();

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        handler = paths.HandlerOf(context, handler);
        var refusal = await callers.FindRefusalAsync(context, handler);
        await AnswerAsync(context, refusal is null ? handler : HandlerOf(refusal));

        if (!options.Quiet && logger.IsEnabled(LogLevel.Information))
            logger.RequestAnswered(context.Request.Method, context.Request.Path.Value, context.Response.StatusCode,
                time.GetElapsedTime(started).TotalMilliseconds);
    }

    private static Handler HandlerOf(IResult result) => _ => Task.FromResult(result);

    private async Task AnswerAsync(HttpContext context, Handler handler)
    {
        try
        {
            var result = await HandleAsync(context, handler);
            await result.ExecuteAsync(context);
        }
        catch (StoreException exception) when (!context.Response.HasStarted)
        {
            // Long results are read while they are sent.
            await StoreFailed(context, exception).ExecuteAsync(context);
        }
        catch (Exception exception) when (exception is ReaderGoneException
            || context.RequestAborted.IsCancellationRequested || IsOfConnection(exception))
        {
            // The client went away, or the host has broken the connection, which can be known a moment sooner: there is no client to
            // answer.
        }
        catch (Exception exception)
        {
            logger.RequestFailed(new(exception), context.Request.Method, context.Request.Path.Value);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ApiError.Of(context, StatusCodes.Status500InternalServerError,
                    "Something went wrong inside Ollama Proxy; its log says what.").ExecuteAsync(context);
        }
    }

    /// <summary>Whether it says that the connection is broken: reading a body can, before the request's token does.</summary>
    private static bool IsOfConnection(Exception exception) =>
        exception is ConnectionAbortedException or ConnectionResetException
            or OperationCanceledException { InnerException: ConnectionAbortedException };

    private async Task<IResult> HandleAsync(HttpContext context, Handler handler)
    {
        try
        {
            return await handler(context);
        }
        catch (ProblemException problem)
        {
            return ApiError.Of(context, problem.Status, problem.Message);
        }
        catch (BadHttpRequestException exception)
        {
            return ApiError.Of(context, exception.StatusCode, exception.Message);
        }
        catch (QueueFullException exception)
        {
            await retryAfter.SetForRoomAsync(context, exception.Missing);
            return ApiError.Of(context, StatusCodes.Status429TooManyRequests, exception.Message);
        }
        catch (OverLimitException exception)
        {
            await retryAfter.SetForLimitAsync(context, exception.FreeIn);
            RateLimitHeaders.Set(context, exception.Limits, exception.Use);
            return ApiError.Of(context, StatusCodes.Status429TooManyRequests, exception.Message);
        }
        catch (QueueDrainingException exception)
        {
            context.Response.Headers.RetryAfter = DrainingRetryAfter;
            return ApiError.Of(context, StatusCodes.Status503ServiceUnavailable, exception.Message);
        }
        catch (StoreException exception)
        {
            return StoreFailed(context, exception);
        }
    }

    private IResult StoreFailed(HttpContext context, StoreException exception)
    {
        logger.StoreFailed(context.Request.Method, context.Request.Path.Value, exception.Message);
        if (exception.IsTransient)
            context.Response.Headers.RetryAfter = StoreRetryAfter;
        var status = exception.IsDamage ? StatusCodes.Status500InternalServerError : StatusCodes.Status503ServiceUnavailable;
        return ApiError.Of(context, status, exception.Message);
    }
}
