using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy;
using OllamaProxy.Api;
using OllamaProxy.Configuration;
using OllamaProxy.Functions;
using OllamaProxy.Storage;

try
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.AddOllamaProxy(HostLimits.Functions);
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    builder.UseWhen<StartLog>(context => context.FunctionDefinition.Name == StartLog.Function);
    builder.WatchHost();
    builder.Build().Run();
    return 0;
}
catch (Exception exception) when (exception is InvalidSettingException or StoreException)
{
    // What a user can mend is told in one line; the host shows those that say that they are errors.
    foreach (var line in exception.Message.Split('\n'))
        await Console.Error.WriteLineAsync($"Error: {line}");
    return 1;
}
